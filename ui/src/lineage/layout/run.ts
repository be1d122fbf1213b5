import type { Layout, LayoutInput } from "./layout.ts";

export type ToWorker = LayoutInput;
export type FromWorker = { readonly progress: number } | { readonly layout: Layout };

/** Lays out in a worker of its own, which ends with the signal: a layout that nobody waits for takes no time. */
export function layOutInWorker(
  input: LayoutInput,
  signal: AbortSignal,
  progress: (share: number) => void,
): Promise<Layout> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL("./worker.ts", import.meta.url), {
      type: "module",
      name: "lineage layout",
    });
    const end = () => worker.terminate();
    signal.addEventListener("abort", () => {
      end();
      reject(signal.reason);
    });
    worker.onerror = (event) => {
      end();
      reject(new Error(event.message || "The layout failed"));
    };
    worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
      if ("progress" in data) return progress(data.progress);
      end();
      resolve(data.layout);
    };
    worker.postMessage(input);
  });
}
