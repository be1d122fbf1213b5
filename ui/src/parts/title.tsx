import { useEffect } from "react";
import { plainText } from "../lib/text.ts";

/** Names the tab, and with it the step in the browser's history. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = title === "" ? "ML Metadata" : `${plainText(title, 80)} · ML Metadata`;
  }, [title]);
}
