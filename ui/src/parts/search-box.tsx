import { useEffect, useRef } from "react";
import { href, navigate, useAddress } from "../lib/address.ts";
import { Icon } from "./icons.tsx";

/** Looks for nodes from every page; the key `/` leads into it. */
export function SearchBox() {
  const { path, params } = useAddress();
  const input = useRef<HTMLInputElement>(null);
  const query = path === "/search" ? (params.get("q") ?? "") : "";
  useEffect(() => {
    if (input.current) input.current.value = query;
  }, [query]);
  useEffect(() => {
    const focus = (event: KeyboardEvent) => {
      const isTyping = event.target instanceof Element && event.target.closest("input, textarea, select");
      if (event.key !== "/" || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      input.current?.focus();
    };
    addEventListener("keydown", focus);
    return () => removeEventListener("keydown", focus);
  }, []);
  return (
    <search>
      <form
        className="search-box"
        onSubmit={(event) => {
          event.preventDefault();
          const text = input.current?.value.trim() ?? "";
          if (text !== "") navigate(href("/search", { q: text }));
        }}
      >
        <Icon name="search" />
        <input
          ref={input}
          type="search"
          aria-label="Search by name, URI, id or external id"
          aria-keyshortcuts="/"
          placeholder="Name, URI, id, external id"
          defaultValue={query}
        />
      </form>
    </search>
  );
}
