import { href, useAddress } from "../lib/address.ts";
import { containing, literal } from "../lib/complete.ts";
import { allKinds, type Kind, type NodeMessage } from "../lib/kinds.ts";
import { useLoad } from "../lib/load.ts";
import { Link } from "../parts/link.tsx";
import { NodeTable } from "../parts/node-table.tsx";
import { Failure, Loading } from "../parts/status.tsx";
import { Text } from "../parts/text.tsx";
import { useTitle } from "../parts/title.tsx";

const foundMax = 20;

interface Found {
  /** With this id, or this external id. */
  readonly exact: readonly NodeMessage[];
  /** The newest with the text in the name, URI or external id. */
  readonly similar: readonly NodeMessage[];
  readonly hasMore: boolean;
}

export function SearchPage() {
  const query = useAddress().params.get("q")?.trim() ?? "";
  useTitle(`Search: ${query}`);
  return (
    <>
      <h1>
        Search for <Text max={100}>{query}</Text>
      </h1>
      {allKinds.map((kind) => (
        <FoundOfKind key={kind.name} kind={kind} query={query} />
      ))}
    </>
  );
}

function FoundOfKind({ kind, query }: { readonly kind: Kind; readonly query: string }) {
  const { data, error, isLoading } = useLoad(query, (signal) => find(kind, query, signal));
  const nodes = data && [...data.exact, ...data.similar];
  return (
    <section>
      <h2>{kind.title}s</h2>
      {error ? (
        <Failure error={error} />
      ) : isLoading || nodes === undefined ? (
        <Loading what="Searching" />
      ) : (
        <NodeTable nodes={nodes} label={`${kind.title}s found`} empty="None found." />
      )}
      {data?.hasMore && (
        <p>
          <Link to={href(`/${kind.plural}`, { filter: filterFor(kind, query) })}>
            All {kind.plural} like this
          </Link>
        </p>
      )}
    </section>
  );
}

function filterFor({ name }: Kind, query: string): string {
  const fields = ["name", "external_id", ...(name === "artifact" ? ["uri"] : [])];
  return fields.map((field) => `${field} LIKE ${containing(query)}`).join(" OR ");
}

async function find(kind: Kind, query: string, signal: AbortSignal): Promise<Found> {
  if (query === "") return { exact: [], similar: [], hasMore: false };
  const isId = /^\d{1,19}$/.test(query) && BigInt(query) < 2n ** 63n;
  const call = { signal };
  const [byId, byExternalId, page] = await Promise.all([
    isId ? kind.byIds([BigInt(query)], call) : [],
    kind.list({ filterQuery: `external_id = ${literal(query)}` }, undefined, call),
    kind.list(
      {
        filterQuery: filterFor(kind, query),
        maxResultSize: foundMax,
        orderByField: { field: 3, isAsc: false },
      },
      undefined,
      call,
    ),
  ]);
  const exact = [...new Map([...byId, ...byExternalId.nodes].map((node) => [node.id, node])).values()];
  const known = new Set(exact.map(({ id }) => id));
  return {
    exact,
    similar: page.nodes.filter(({ id }) => !known.has(id)),
    hasMore: page.nextPageToken !== "",
  };
}
