import { useEffect, useMemo, useRef, useState } from "react";
import { navigate, setParams } from "../lib/address.ts";
import { parseKey, type Side } from "./graph.ts";
import { contextTypes, type DrawnKey, type Grouping, group } from "./group.ts";
import type { Lineage, Root } from "./read.ts";
import { matching } from "./search.ts";
import { groupingText, toParams, type ViewState } from "./state.ts";
import { boxesMax } from "./too-large.tsx";
import { useLayout } from "./use-layout.ts";

/** What the parts of the page show of a lineage, and what they can do with it. */
export function useLineageView(lineage: Lineage, root: Root, state: ViewState) {
  const { graph, shown, roots } = lineage;
  const grouping: Grouping = state.grouping ?? { by: shown.size > boxesMax ? "type" : "none" };
  const groupKey = groupingText(grouping);
  const openedText = [...state.opened].join(" ");
  // biome-ignore lint/correctness/useExhaustiveDependencies: the texts stand for the objects, which are new each time
  const drawing = useMemo(
    () => group(graph, shown, grouping, state.opened),
    [graph, shown, groupKey, openedText],
  );
  const types = useMemo(() => contextTypes(graph, shown), [graph, shown]);
  const isTooMany = drawing.boxes.length > boxesMax && !state.isAll;
  const layout = useLayout(isTooMany || state.isTable ? undefined : drawing);
  const [focus, setFocus] = useFocus(state.at);
  const found = useMemo(() => {
    if (state.find.trim() === "") return undefined;
    const all = drawing.boxes.map(
      (box) => [box.key, matching(box.group ? box.group.members : [box.node], state.find).length] as const,
    );
    return new Map(all.filter(([, count]) => count > 0));
  }, [drawing, state.find]);
  const emphasis = useMemo(() => {
    const rootBoxes = root.kind === "context" ? [] : roots.flatMap((key) => drawing.boxOf.get(key) ?? []);
    return {
      focus,
      found: found && new Set(found.keys()),
      roots: new Set(rootBoxes),
      badges: badgesOf(lineage, state),
    };
  }, [focus, found, lineage, drawing, root.kind, roots, state]);
  return {
    drawing,
    grouping,
    types,
    isTooMany,
    layout,
    found,
    emphasis,
    setFocus,
    box: drawing.boxes.find(({ key }) => key === focus),
    home: (roots[0] && drawing.boxOf.get(roots[0])) ?? drawing.boxes[0]?.key,
    ...actions(state),
    /** Goes to the next box that the search found. */
    findNext() {
      const keys = [...(found?.keys() ?? [])];
      const next = keys[(keys.indexOf(focus as DrawnKey) + 1) % keys.length];
      if (next) setFocus(next);
    },
  };
}

function actions(state: ViewState) {
  const openGroup = (key: string) => setParams(toParams({ opened: new Set([...state.opened, key]) }));
  return {
    openGroup,
    /** Shows one more hop on that side of a node, or takes it back. */
    toggleMore(key: DrawnKey, side: Side) {
      const node = parseKey(key)?.key;
      if (node === undefined) return;
      const others = state.more.filter((one) => one.key !== node || one.side !== side);
      const isShown = others.length < state.more.length;
      setParams(toParams({ more: isShown ? others : [...others, { key: node, side }] }));
    },
    open(key: DrawnKey) {
      const node = parseKey(key);
      if (node) navigate(`/${node.kind}s/${node.id}`);
      else openGroup(key);
    },
  };
}

/** At the ends of the picture how much more there is; where more is shown, a sign to hide it again. */
function badgesOf({ hidden, shown }: Lineage, { more }: ViewState) {
  const badges = new Map<DrawnKey, { before: string; after: string }>();
  for (const [key, { before, after }] of hidden) {
    badges.set(key, { before: before ? `+${before}` : "", after: after ? `+${after}` : "" });
  }
  for (const { key, side } of more) {
    if (shown.has(key)) badges.set(key, { before: "", after: "", ...badges.get(key), [side]: "−" });
  }
  return badges;
}

/** The box that is looked at: at once on screen, and a moment later in the address. */
function useFocus(at: string | undefined) {
  const [focus, setFocus] = useState(at as DrawnKey | undefined);
  const written = useRef(at);
  useEffect(() => {
    if (at === written.current) return;
    written.current = at;
    setFocus(at as DrawnKey | undefined);
  }, [at]);
  useEffect(() => {
    if (focus === written.current) return;
    const timer = setTimeout(() => {
      written.current = focus;
      setParams(toParams({ at: focus }), { replace: true });
    }, 200);
    return () => clearTimeout(timer);
  }, [focus]);
  return [focus, setFocus] as const;
}
