import type { ReactNode } from "react";
import { useAddress } from "./lib/address.ts";
import { ListPage } from "./pages/list.tsx";
import { Link } from "./parts/link.tsx";

/** The places of the page: the parts of the path that the pattern captures are given to the view. */
const routes: readonly (readonly [RegExp, (...parts: string[]) => ReactNode])[] = [
  [/^\/(?:artifacts)?$/, () => <ListPage />],
];

export function App() {
  const { path } = useAddress();
  return (
    <>
      <header className="top">
        <Link to="/">ML Metadata</Link>
        <nav aria-label="Main">
          <Link to="/artifacts">Artifacts</Link>
        </nav>
      </header>
      <main>{viewOf(path)}</main>
    </>
  );
}

function viewOf(path: string): ReactNode {
  for (const [pattern, view] of routes) {
    const match = pattern.exec(path);
    if (match) return view(...match.slice(1));
  }
  return <p>There is no such page.</p>;
}
