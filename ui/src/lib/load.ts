import { useEffect, useState } from "react";

export interface Loaded<T> {
  /** The last answer; that of an earlier key while a new one is on its way. */
  readonly data: T | undefined;
  readonly error: Error | undefined;
  readonly isLoading: boolean;
}

/** Runs `load` whenever the key changes; what an earlier key asked for is cancelled. */
export function useLoad<T>(key: string, load: (signal: AbortSignal) => Promise<T>): Loaded<T> {
  const [state, setState] = useState<Loaded<T> & { key: string }>({
    key: "",
    data: undefined,
    error: undefined,
    isLoading: true,
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key stands for everything that `load` depends on
  useEffect(() => {
    const controller = new AbortController();
    setState((last) => ({ ...last, isLoading: true }));
    load(controller.signal).then(
      (data) => {
        if (!controller.signal.aborted) setState({ key, data, error: undefined, isLoading: false });
      },
      (error: Error) => {
        if (!controller.signal.aborted) setState({ key, data: undefined, error, isLoading: false });
      },
    );
    return () => controller.abort();
  }, [key]);
  return { ...state, isLoading: state.isLoading || state.key !== key };
}
