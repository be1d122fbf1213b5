import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { defineConfig, type Plugin } from "vite";

const outDir = join(import.meta.dirname, "../dist/ui");

/** Compressed once here, so that the server never does. */
const compress: Plugin = {
  name: "compress",
  apply: "build",
  async writeBundle(_options, bundle) {
    for (const name of [...Object.keys(bundle), "icon.svg"]) {
      if (!/\.(?:js|css|html|svg)$/.test(name)) continue;
      const body = await readFile(join(outDir, name));
      await writeFile(join(outDir, `${name}.br`), brotliCompressSync(body));
      await writeFile(join(outDir, `${name}.gz`), gzipSync(body, { level: 9 }));
    }
  },
};

export default defineConfig({
  root: import.meta.dirname,
  plugins: [compress],
  build: {
    outDir,
    emptyOutDir: true,
    target: "es2023",
    // The licences of what is bundled go with it.
    license: { fileName: "licenses.txt" },
    // Everything is a file of its own: the Content-Security-Policy allows no other source.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: { checks: { pluginTimings: false } },
  },
  worker: { format: "es" },
  // `npm run ui` works on the page with a server beside it: `mlmd serve` or `mlmd explore` on its usual port.
  server: { proxy: { "/ml_metadata.": "http://127.0.0.1:8080" } },
});
