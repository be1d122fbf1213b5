import { useEffect, useState } from "react";

export interface Loaded<T> {
  /** The last answer; that of an earlier key while a new one is on its way. */
  readonly data: T | undefined;
  readonly error: Error | undefined;
  readonly isLoading: boolean;
}

interface State<T> extends Loaded<T> {
  readonly key: string;
}

/** Runs `load` whenever the key changes; what an earlier key asked for is cancelled. */
export function useLoad<T>(key: string, load: (signal: AbortSignal) => Promise<T>): Loaded<T> {
  const [state, setState] = useState<State<T>>({
    key: "",
    data: undefined,
    error: undefined,
    isLoading: true,
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key stands for everything that `load` depends on
  useEffect(() => {
    const controller = new AbortController();
    const settle = (answer: Partial<State<T>>) => {
      if (controller.signal.aborted) return;
      setState({ key, data: undefined, error: undefined, isLoading: false, ...answer });
    };
    load(controller.signal).then(
      (data) => settle({ data }),
      (error: Error) => settle({ error }),
    );
    return () => controller.abort();
  }, [key]);
  return { data: state.data, error: state.error, isLoading: state.isLoading || state.key !== key };
}
