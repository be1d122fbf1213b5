import { lazy, Suspense } from "react";
import type { KindName } from "../lib/kinds.ts";
import { Loading } from "../parts/status.tsx";

const LineagePage = lazy(() => import("./lineage-page.tsx"));

const kinds: Readonly<Record<string, KindName>> = {
  artifacts: "artifact",
  executions: "execution",
  contexts: "context",
};

/** The graph's page, which is loaded when somebody opens it. */
export function Lineage({ plural, id }: { readonly plural: string; readonly id: string }) {
  const kind = Object.hasOwn(kinds, plural) ? kinds[plural] : undefined;
  if (kind === undefined) return <p>There is no such page.</p>;
  return (
    <Suspense fallback={<Loading />}>
      <LineagePage key={`${kind} ${id}`} kind={kind} id={BigInt(id)} />
    </Suspense>
  );
}
