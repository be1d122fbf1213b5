import { useMemo, useState } from "react";
import { useAddress } from "../lib/address.ts";
import { client } from "../lib/client.ts";
import { useLoad } from "../lib/load.ts";
import { count, plainText } from "../lib/text.ts";
import { Link } from "../parts/link.tsx";
import { Failure } from "../parts/status.tsx";
import { useTitle } from "../parts/title.tsx";
import { downloadJson, downloadPng, downloadSvg } from "./download.ts";
import { type NodeKey, titleOf } from "./graph.ts";
import type { DrawnKey } from "./group.ts";
import "./lineage.css";
import { Panel } from "./panel.tsx";
import { Picture } from "./picture.tsx";
import { type Expansion, type Lineage, LineageTooLarge, type Root, readLineage } from "./read.ts";
import { readState, toParams, type ViewState } from "./state.ts";
import { LineageTable } from "./table.tsx";
import { TooLarge, TooManyBoxes } from "./too-large.tsx";
import { Toolbar } from "./toolbar.tsx";
import type { useLayout } from "./use-layout.ts";
import { useLineageView } from "./use-view.ts";

/** The graph around one node, or of one context. */
export default function LineagePage({ kind, id }: Root) {
  const { params } = useAddress();
  const state = useMemo(() => readState(params), [params]);
  const [read, setRead] = useState({ done: 0, total: 0 });
  const more = toParams({ more: state.more }).more;
  const key = [kind, id, state.direction, state.hops, more].join(" ");
  const { data, error, isLoading } = useLoad(key, (signal) =>
    readLineage(
      client,
      { root: { kind, id }, ...state },
      { signal, progress: (done, total) => setRead({ done, total }) },
    ),
  );
  return (
    <section className="lineage-page">
      {error instanceof LineageTooLarge ? (
        <TooLarge error={error} state={state} />
      ) : error ? (
        <Failure error={error} />
      ) : data ? (
        <LineageView lineage={data} root={{ kind, id }} state={state} />
      ) : null}
      {isLoading && (
        <p className="lineage-progress" role="status">
          {read.total > 0 ? `Reading ${read.done} of ${read.total} nodes…` : "Following the events…"}
        </p>
      )}
    </section>
  );
}

interface ViewProps {
  readonly lineage: Lineage;
  readonly root: Root;
  readonly state: ViewState;
}

function LineageView({ lineage, root, state }: ViewProps) {
  const { graph, shown } = lineage;
  const view = useLineageView(lineage, root, state);
  const { drawing, layout, found } = view;
  const scene = layout.ready?.scene;
  const name = `lineage-${root.kind}-${root.id}`;
  const title = titleFor(lineage, root);
  useTitle(`Lineage of ${title}`);
  const isGrouped = drawing.boxes.length < shown.size;
  return (
    <>
      <h1>
        Lineage of{" "}
        <Link to={`/${root.kind}s/${root.id}`}>
          <bdi>{title}</bdi>
        </Link>{" "}
        <span className="lineage-quiet">
          {count(shown.size, "node")}, {count(graph.edges.length, "edge")}
          {isGrouped && ` in ${count(drawing.boxes.length, "box", "boxes")}`}
        </span>
      </h1>
      <Toolbar
        state={state}
        isWalk={root.kind !== "context"}
        grouping={view.grouping}
        contextTypes={view.types}
        foundText={found ? foundText(found) : ""}
        onFindNext={view.findNext}
      >
        <Downloads
          onSvg={scene && (() => downloadSvg(scene, name, `Lineage of ${title}`))}
          onPng={scene && (() => void downloadPng(scene, name))}
          onJson={() => downloadJson(graph, root, name)}
        />
      </Toolbar>
      <div className="lineage-body">
        {state.isTable ? (
          <LineageTable lineage={lineage} find={state.find} />
        ) : view.isTooMany ? (
          <TooManyBoxes boxes={drawing.boxes.length} state={state} contextTypes={view.types} />
        ) : (
          <Drawn view={view} lineage={lineage} more={state.more} isGrouped={isGrouped} />
        )}
      </div>
    </>
  );
}

interface DrawnProps {
  readonly view: ReturnType<typeof useLineageView>;
  readonly lineage: Lineage;
  readonly more: readonly Expansion[];
  readonly isGrouped: boolean;
}

function Drawn({ view, lineage, more, isGrouped }: DrawnProps) {
  const { drawing, layout, box } = view;
  const scene = layout.ready?.scene;
  return (
    <>
      <div className="lineage-main">
        {scene && (
          <Picture
            scene={scene}
            home={view.home}
            emphasis={view.emphasis}
            onFocus={view.setFocus}
            onOpen={view.open}
            onBadge={view.toggleMore}
          />
        )}
        <LayoutProgress layout={layout} boxes={drawing.boxes.length} />
        <Legend isGrouped={isGrouped} />
      </div>
      {scene && box && (
        <Panel
          scene={scene}
          box={box}
          lineage={lineage}
          more={more}
          onFocus={view.setFocus}
          onMore={view.toggleMore}
          onGroup={view.openGroup}
        />
      )}
    </>
  );
}

function titleFor({ graph, roots }: Lineage, root: Root): string {
  const context = root.kind === "context" ? graph.contexts.get(root.id) : undefined;
  const node = root.kind === "context" ? undefined : graph.nodes.get(roots[0] as NodeKey);
  return plainText(context?.name || (node && titleOf(node)) || `${root.kind} ${root.id}`);
}

function foundText(found: ReadonlyMap<DrawnKey, number>): string {
  const nodes = [...found.values()].reduce((sum, inBox) => sum + inBox, 0);
  return nodes === 0 ? "nothing found" : `${count(nodes, "node")} found; Enter goes on`;
}

interface DownloadsProps {
  readonly onSvg: (() => void) | undefined;
  readonly onPng: (() => void) | undefined;
  readonly onJson: () => void;
}

function Downloads({ onSvg, onPng, onJson }: DownloadsProps) {
  return (
    <fieldset className="lineage-switch">
      <legend className="for-readers">Download</legend>
      <button type="button" disabled={!onSvg} onClick={onSvg} aria-label="Download as SVG">
        SVG
      </button>
      <button type="button" disabled={!onPng} onClick={onPng} aria-label="Download as PNG">
        PNG
      </button>
      <button type="button" onClick={onJson} aria-label="Download as JSON">
        JSON
      </button>
    </fieldset>
  );
}

function LayoutProgress({
  layout,
  boxes,
}: {
  readonly layout: ReturnType<typeof useLayout>;
  readonly boxes: number;
}) {
  if (layout.error) return <p role="alert">{layout.error.message}</p>;
  if (layout.isCancelled) {
    return (
      <p className="lineage-progress" role="status">
        The layout was cancelled.{" "}
        <button type="button" onClick={layout.again}>
          Lay out
        </button>
      </p>
    );
  }
  if (layout.progress === undefined) return null;
  return (
    <p className="lineage-progress" role="status">
      <label>
        Laying out {count(boxes, "box", "boxes")} <progress value={layout.progress} max={1} />
      </label>{" "}
      <button type="button" onClick={layout.cancel}>
        Cancel
      </button>
    </p>
  );
}

function Legend({ isGrouped }: { readonly isGrouped: boolean }) {
  return (
    <p className="lineage-legend">
      <span className="lineage-legend-artifact">Artifact</span>
      <span className="lineage-legend-execution">Execution</span>
      {isGrouped && <span className="lineage-legend-group">Group: double click or Enter opens it</span>}
    </p>
  );
}
