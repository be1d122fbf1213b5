import { layOut } from "./layout.ts";
import type { FromWorker, ToWorker } from "./run.ts";

const post = (message: FromWorker) => postMessage(message);

addEventListener("message", ({ data }: MessageEvent<ToWorker>) => {
  let last = 0;
  const layout = layOut(data, (share) => {
    // A hundred messages are enough for a bar.
    if (share - last < 0.01) return;
    last = share;
    post({ progress: share });
  });
  post({ layout });
});
