import { useCallback, useEffect, useRef, useState } from "react";
import { cameBack } from "./address.ts";
import type { NodeMessage, Page } from "./kinds.ts";

export interface Paged {
  readonly nodes: readonly NodeMessage[];
  readonly isDone: boolean;
  readonly isLoading: boolean;
  readonly error: Error | undefined;
  /** Asks for the next page, unless one is on its way. */
  readonly more: () => void;
}

interface State {
  readonly nodes: readonly NodeMessage[];
  /** Undefined where there is no further page. */
  readonly token: string | undefined;
  readonly isLoading: boolean;
  readonly error: Error | undefined;
}

const start: State = { nodes: [], token: "", isLoading: false, error: undefined };

/** So many lists are kept to be shown again as they were left. */
const keptMax = 10;
const kept = new Map<string, State>();

function keep(key: string, state: State): void {
  kept.delete(key);
  kept.set(key, state);
  if (kept.size > keptMax) kept.delete(kept.keys().next().value as string);
}

/** A list page by page; another key begins anew, unless it is come back to. */
export function usePaged(key: string, load: (token: string, signal: AbortSignal) => Promise<Page>): Paged {
  const [state, setState] = useState(start);
  const current = useRef({ state, load, controller: new AbortController() });
  current.current.load = load;
  const set = useCallback((next: State) => {
    current.current.state = next;
    setState(next);
  }, []);
  const more = useCallback(() => {
    const { state: last, load: loadPage, controller } = current.current;
    if (last.isLoading || last.token === undefined || last.error !== undefined) return;
    set({ ...last, isLoading: true });
    loadPage(last.token, controller.signal).then(
      ({ nodes, nextPageToken }) => {
        if (controller.signal.aborted) return;
        set({ ...start, nodes: [...last.nodes, ...nodes], token: nextPageToken || undefined });
      },
      (error: Error) => {
        if (!controller.signal.aborted) set({ ...last, isLoading: false, error });
      },
    );
  }, [set]);
  // The key stands for what `load` depends on.
  useEffect(() => {
    const controller = new AbortController();
    current.current.controller = controller;
    set((cameBack() && kept.get(key)) || start);
    if (current.current.state === start) more();
    return () => {
      controller.abort();
      keep(key, { ...current.current.state, isLoading: false });
    };
  }, [key, more, set]);
  const { nodes, token, isLoading, error } = state;
  return { nodes, isDone: token === undefined, isLoading, error, more };
}
