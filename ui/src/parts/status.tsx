import { explain } from "../lib/errors.ts";
import { Text } from "./text.tsx";

export function Failure({ error }: { readonly error: Error }) {
  const { title, detail } = explain(error);
  return (
    <div className="failure" role="alert">
      <strong>{title}</strong>
      <pre>
        <Text max={2000} keepLines>
          {detail}
        </Text>
      </pre>
    </div>
  );
}

export function Loading({ what = "Loading" }: { readonly what?: string }) {
  return (
    <p className="loading quiet" role="status">
      {what}…
    </p>
  );
}

export function Empty({ children }: { readonly children: string }) {
  return <p className="quiet">{children}</p>;
}
