import { useEffect, useState } from "react";
import type { Drawing } from "./group.ts";
import { layOutInWorker } from "./layout/run.ts";
import { textWidths } from "./picture/measure.ts";
import { type Scene, toLayoutInput, toScene } from "./picture/scene.ts";

export interface LaidOut {
  readonly drawing: Drawing;
  readonly scene: Scene;
}

export interface LayoutState {
  /** The last that is ready; that of an earlier drawing while the next is being laid out. */
  readonly ready: LaidOut | undefined;
  /** The share that is done; undefined where nothing is going on. */
  readonly progress: number | undefined;
  readonly isCancelled: boolean;
  readonly error: Error | undefined;
  cancel(): void;
  again(): void;
}

type Outcome = { readonly cancelled: true } | { readonly error: Error } | undefined;

export function useLayout(drawing: Drawing | undefined): LayoutState {
  const [ready, setReady] = useState<LaidOut>();
  const [progress, setProgress] = useState<number>();
  const [outcome, setOutcome] = useState<Outcome>();
  const [run, setRun] = useState<AbortController>();
  const [attempt, setAttempt] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another attempt is another run
  useEffect(() => {
    if (drawing === undefined) return;
    const controller = new AbortController();
    const { signal } = controller;
    const widths = textWidths(getComputedStyle(document.body).fontFamily);
    setRun(controller);
    setProgress(0);
    setOutcome(undefined);
    layOutInWorker(toLayoutInput(drawing, widths), signal, setProgress).then(
      (layout) => {
        if (signal.aborted) return;
        setReady({ drawing, scene: toScene(drawing, layout) });
        setProgress(undefined);
      },
      (error: Error) => {
        if (signal.reason === replaced) return;
        setProgress(undefined);
        setOutcome(signal.aborted ? { cancelled: true } : { error });
      },
    );
    return () => controller.abort(replaced);
  }, [drawing, attempt]);
  return {
    ready,
    progress,
    isCancelled: outcome !== undefined && "cancelled" in outcome,
    error: outcome !== undefined && "error" in outcome ? outcome.error : undefined,
    cancel: () => run?.abort(),
    again: () => setAttempt((last) => last + 1),
  };
}

/** Why a layout ends that nobody waits for any more, as against one that a person cancelled. */
const replaced = new Error("replaced by another layout");
