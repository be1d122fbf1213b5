import type { KindName } from "../lib/kinds.ts";

export const kindShapes: Readonly<Record<KindName, string>> = {
  // A sheet, a circle with an arrow, a dashed frame: told apart by shape, not by colour alone.
  artifact: "M3.5 1.5h6l3 3v10h-9zM9.5 1.5v3h3",
  execution: "M8 1.5a6.5 6.5 0 1 0 0 13a6.5 6.5 0 1 0 0 -13M6.5 5.2v5.6l4.4-2.8z",
  context: "M2 5V2h3M11 2h3v3M14 11v3h-3M5 14H2v-3M5.5 5.5h5v5h-5z",
};

const glyphs = {
  search: "M7 2a5 5 0 1 0 0 10a5 5 0 1 0 0-10M10.6 10.6L14 14",
  copy: "M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3",
  done: "M3 8.5l3.5 3.5L13 4.5",
  more: "M5 3l5 5l-5 5",
  graph: "M2.5 2.5h4v3h-4zM9.5 6.5h4v3h-4zM2.5 10.5h4v3h-4zM6.5 4h1.5v8h-1.5M8 8h1.5",
  compare: "M2.5 3h4v10h-4zM9.5 3h4v10h-4z",
  again: "M13 8a5 5 0 1 1-1.5-3.5M13 2v3h-3",
} as const;

function Glyph({ path, className }: { readonly path: string; readonly className: string }) {
  return (
    <svg className={className} viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path d={path} />
    </svg>
  );
}

export function Icon({ name }: { readonly name: keyof typeof glyphs }) {
  return <Glyph path={glyphs[name]} className="icon" />;
}

export function KindIcon({ kind }: { readonly kind: KindName }) {
  return <Glyph path={kindShapes[kind]} className={`icon kind-${kind}`} />;
}
