import { useCallback, useEffect, useRef, useState } from "react";
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

/** A list page by page; another key begins anew. */
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
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key stands for what `load` depends on
  useEffect(() => {
    const controller = new AbortController();
    current.current.controller = controller;
    set(start);
    more();
    return () => controller.abort();
  }, [key, more, set]);
  const { nodes, token, isLoading, error } = state;
  return { nodes, isDone: token === undefined, isLoading, error, more };
}
