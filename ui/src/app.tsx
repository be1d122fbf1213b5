import { type ReactNode, useEffect, useRef } from "react";
import { useAddress } from "./lib/address.ts";
import { allKinds, kindOfPlural } from "./lib/kinds.ts";
import { Lineage } from "./lineage/index.tsx";
import { CachedPage } from "./pages/cached.tsx";
import { ComparePage } from "./pages/compare.tsx";
import { ListPage } from "./pages/list.tsx";
import { NodePage } from "./pages/node.tsx";
import { SearchPage } from "./pages/search.tsx";
import { StartPage } from "./pages/start.tsx";
import { KindIcon } from "./parts/icons.tsx";
import { Link } from "./parts/link.tsx";
import { SearchBox } from "./parts/search-box.tsx";

/** The places of the page: the parts of the path that the pattern captures are given to the view. */
const routes: readonly (readonly [RegExp, (...parts: string[]) => ReactNode])[] = [
  [/^\/$/, () => <StartPage />],
  [/^\/search$/, () => <SearchPage />],
  [/^\/lineage\/(\w+)\/(\d{1,19})$/, (plural = "", id = "") => <Lineage plural={plural} id={id} />],
  [
    /^\/compare\/(artifacts|executions)$/,
    (plural) => withKind(plural, (kind) => <ComparePage kind={kind} />),
  ],
  [/^\/executions\/(\d{1,19})\/cached$/, (id = "") => <CachedPage id={BigInt(id)} />],
  [/^\/(\w+)$/, (plural) => withKind(plural, (kind) => <ListPage kind={kind} />)],
  [
    /^\/(\w+)\/(\d{1,19})$/,
    (plural, id = "") => withKind(plural, (kind) => <NodePage key={plural} kind={kind} id={BigInt(id)} />),
  ],
];

export function App() {
  const { path } = useAddress();
  const main = useRef<HTMLElement>(null);
  const last = useRef(path);
  useEffect(() => {
    // A reader of the screen is told of the new page; what had the focus is gone.
    if (last.current !== path) main.current?.focus({ preventScroll: true });
    last.current = path;
  }, [path]);
  return (
    <>
      <a className="skip" href="#main">
        Skip to the content
      </a>
      <header className="top">
        <Link to="/" className="brand">
          <img src="/icon.svg" alt="" />
          ML Metadata
        </Link>
        <nav aria-label="Main">
          {allKinds.map(({ name, title, plural }) => (
            <Link
              key={name}
              to={`/${plural}`}
              aria-current={path.startsWith(`/${plural}`) ? "page" : undefined}
            >
              <KindIcon kind={name} />
              <span>{title}s</span>
            </Link>
          ))}
        </nav>
        <SearchBox />
      </header>
      <main ref={main} id="main" tabIndex={-1}>
        {viewOf(path) ?? <h1>There is no such page</h1>}
      </main>
    </>
  );
}

function viewOf(path: string): ReactNode {
  for (const [pattern, view] of routes) {
    const match = pattern.exec(path);
    if (match) return view(...match.slice(1));
  }
  return undefined;
}

function withKind(
  plural: string | undefined,
  view: (kind: NonNullable<ReturnType<typeof kindOfPlural>>) => ReactNode,
): ReactNode {
  const kind = kindOfPlural(plural);
  return kind && view(kind);
}
