import type { MetadataStore, StoreConfig } from "../../src/index.ts";

// What `from "mlmd"` means in an example under test: the library, but `openStore` gives the store of the target.

export * from "../../src/index.ts";

let provided: MetadataStore | undefined;

export function provideStore(store: MetadataStore): void {
  provided = store;
}

export async function openStore(_: StoreConfig): Promise<MetadataStore> {
  if (provided === undefined) throw new Error("no store is provided");
  return provided;
}
