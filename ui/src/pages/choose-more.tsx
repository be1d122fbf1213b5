import { useId } from "react";
import { setParams } from "../lib/address.ts";
import { type Kind, labelOf, type NodeMessage } from "../lib/kinds.ts";
import { useLoad } from "../lib/load.ts";
import { plainText } from "../lib/text.ts";
import { NodeLink } from "../parts/node-link.tsx";
import { Time } from "../parts/time.tsx";

const suggestionsMax = 10;

interface ChooseMoreProps {
  readonly kind: Kind;
  readonly nodes: readonly NodeMessage[];
}

/** What is compared now, each to be taken out, and others of the same type to be put beside it. */
export function ChooseMore({ kind, nodes }: ChooseMoreProps) {
  const ids = nodes.map(({ id }) => String(id));
  const inputId = useId();
  const type = nodes[0]?.typeId;
  const { data } = useLoad(`${kind.name} ${type}`, async (signal) => {
    if (type === undefined) return [];
    const options = {
      filterQuery: `type_id = ${type}`,
      maxResultSize: suggestionsMax,
      orderByField: { field: 3, isAsc: false },
    } as const;
    return (await kind.list(options, undefined, { signal })).nodes;
  });
  const others = data?.filter(({ id }) => !ids.includes(String(id))) ?? [];
  const choose = (next: readonly string[]) => setParams({ ids: next.join(",") });
  return (
    <div className="chosen">
      {nodes.length > 2 &&
        nodes.map((node) => (
          <button
            key={String(node.id)}
            type="button"
            title="Take out of the comparison"
            onClick={() => choose(ids.filter((id) => id !== String(node.id)))}
          >
            {plainText(labelOf(node), 40)} ✕
          </button>
        ))}
      <form
        onSubmit={(event) => {
          event.preventDefault();
          const added = String(new FormData(event.currentTarget).get("id") ?? "").trim();
          if (/^\d{1,18}$/.test(added)) choose([...ids, added]);
          event.currentTarget.reset();
        }}
      >
        <label htmlFor={inputId}>{ids.length < 2 ? "Compare with id" : "Add id"}</label>{" "}
        <input id={inputId} name="id" inputMode="numeric" pattern="\s*\d{1,18}\s*" required size={8} />{" "}
        <button type="submit">Add</button>
      </form>
      {ids.length < 2 && others.length > 0 && (
        <>
          <h2>Others of its type, the newest first</h2>
          <ul className="suggestions">
            {others.map((node) => (
              <li key={String(node.id)}>
                <button type="button" onClick={() => choose([...ids, String(node.id)])}>
                  Add
                </button>{" "}
                <NodeLink node={node} />{" "}
                <span className="quiet">
                  <Time at={node.createTimeSinceEpoch} form="short" />
                </span>
              </li>
            ))}
          </ul>
        </>
      )}
    </div>
  );
}
