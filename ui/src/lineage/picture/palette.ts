import type { ShapeKind, StateMark } from "./shapes.ts";

const names = {
  ground: "--ground",
  raised: "--raised",
  text: "--text",
  quiet: "--quiet",
  line: "--line",
  accent: "--accent",
  artifact: "--artifact",
  artifactGround: "--artifact-ground",
  execution: "--execution",
  executionGround: "--execution-ground",
  context: "--context",
  contextGround: "--context-ground",
  good: "--good",
  bad: "--bad",
} as const;

/** The page's colours as they are now, light or dark, in words that a canvas and a file understand. */
export type Palette = Readonly<Record<keyof typeof names, string>> & { readonly font: string };

export function readPalette(element: HTMLElement): Palette {
  const probe = element.ownerDocument.createElement("span");
  element.append(probe);
  try {
    // A custom property is text, `light-dark(…)`; only a property that uses it says which of the two it is.
    const colours = Object.entries(names).map(([name, property]) => {
      probe.style.color = `var(${property})`;
      return [name, getComputedStyle(probe).color];
    });
    return { ...Object.fromEntries(colours), font: getComputedStyle(probe).fontFamily };
  } finally {
    probe.remove();
  }
}

/** Calls back when the page turns light or dark. */
export function onThemeChange(callback: () => void): () => void {
  const query = matchMedia("(prefers-color-scheme: dark)");
  query.addEventListener("change", callback);
  const observer = new MutationObserver(callback);
  observer.observe(document.documentElement, { attributes: true });
  return () => {
    query.removeEventListener("change", callback);
    observer.disconnect();
  };
}

export function fillOf(palette: Palette, shape: ShapeKind): string {
  return palette[`${shape}Ground`];
}

export const markColours = {
  good: "good",
  bad: "bad",
  waiting: "quiet",
  gone: "quiet",
} as const satisfies Record<StateMark, keyof Palette>;

export function captionFont({ font }: Pick<Palette, "font">): string {
  return `11px ${font}`;
}

export const titleSize = 13;

export function titleFont({ font }: Pick<Palette, "font">): string {
  return `600 ${titleSize}px ${font}`;
}

export function labelFont({ font }: Pick<Palette, "font">): string {
  return `11px ${font}`;
}
