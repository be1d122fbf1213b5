import { lazy, Suspense } from "react";
import type { NodeKind } from "./graph.ts";

const LineagePage = lazy(() => import("./lineage-page.tsx"));

const kinds: Readonly<Record<string, NodeKind | "context">> = {
  artifacts: "artifact",
  executions: "execution",
  contexts: "context",
};

/** The graph's page, which is loaded when somebody opens it. */
export function Lineage({ plural, id }: { readonly plural: string; readonly id: string }) {
  const kind = Object.hasOwn(kinds, plural) ? kinds[plural] : undefined;
  if (kind === undefined) return <p>There is no such page.</p>;
  return (
    <Suspense fallback={<p role="status">Loading…</p>}>
      <LineagePage key={`${kind} ${id}`} kind={kind} id={BigInt(id)} />
    </Suspense>
  );
}
