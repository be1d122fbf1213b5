import { useSyncExternalStore } from "react";

/** Where the page is: everything that a view depends on is here, so that a link shows the same thing. */
export interface Address {
  readonly path: string;
  readonly params: URLSearchParams;
}

const listeners = new Set<() => void>();
const notify = () => {
  for (const listener of listeners) listener();
};

/** Whether the present place was come to by the browser's Back or Forward. */
let isReturn = false;
addEventListener("popstate", () => {
  isReturn = true;
  notify();
});

/** Whether to show a view as it was left: it was come back to, not opened anew. */
export function cameBack(): boolean {
  return isReturn;
}

let known = "";
let address: Address = { path: "/", params: new URLSearchParams() };

function read(): Address {
  const { pathname, search } = location;
  if (pathname + search !== known) {
    known = pathname + search;
    address = { path: pathname, params: new URLSearchParams(search) };
  }
  return address;
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useAddress(): Address {
  return useSyncExternalStore(subscribe, read);
}

/** Goes to another place, as a step that the Back button undoes, or in place of the present one. */
export function navigate(url: string, { replace = false } = {}): void {
  if (url === location.pathname + location.search) return;
  history[replace ? "replaceState" : "pushState"](null, "", url);
  isReturn = false;
  notify();
}

export type Params = Readonly<Record<string, string | undefined>>;

/** A path with parameters; those that are undefined or empty are left out. */
export function href(path: string, params: Params = {}): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) if (value) query.set(name, value);
  const text = query.toString();
  return text === "" ? path : `${path}?${text}`;
}

/** Changes some parameters of the present place and keeps the others; undefined or empty removes one. */
export function setParams(changes: Params, options: { replace?: boolean } = {}): void {
  const { path, params } = read();
  navigate(href(path, { ...Object.fromEntries(params), ...changes }), options);
}
