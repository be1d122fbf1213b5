import { navigate } from "../lib/address.ts";
import { labelOf, type NodeMessage, pathOf } from "../lib/kinds.ts";
import { plainText } from "../lib/text.ts";
import { dateOf, localText } from "../lib/time.ts";
import { doubleText } from "../lib/values.ts";

export interface Point {
  readonly node: NodeMessage;
  readonly value: number;
}

const size = { width: 860, height: 220, left: 76, right: 16, top: 14, bottom: 30 };

/** A number over runs, in the order of the runs; each point leads to its node. */
export function Plot({ title, points }: { readonly title: string; readonly points: readonly Point[] }) {
  const finite = points.filter(({ value }) => Number.isFinite(value));
  if (finite.length < 2) return null;
  const values = finite.map(({ value }) => value);
  const least = Math.min(...values);
  const most = Math.max(...values);
  const x = (index: number) =>
    size.left + (index / (finite.length - 1)) * (size.width - size.left - size.right);
  const y = (value: number) => {
    const share = most === least ? 0.5 : (value - least) / (most - least);
    return size.height - size.bottom - share * (size.height - size.top - size.bottom);
  };
  const line = finite.map(({ value }, index) => `${x(index)},${y(value)}`).join(" ");
  const ticks = most === least ? [least] : [least, (least + most) / 2, most];
  return (
    // biome-ignore lint/a11y/useSemanticElements: no other element can hold the lines and the links
    <svg
      className="plot"
      viewBox={`0 0 ${size.width} ${size.height}`}
      role="group"
      aria-label={`${plainText(title)} over runs`}
    >
      {ticks.map((tick) => (
        <g key={tick}>
          <line className="plot-axis" x1={size.left} x2={size.width - size.right} y1={y(tick)} y2={y(tick)} />
          <text x={size.left - 8} y={y(tick) + 4} textAnchor="end">
            {tickText(tick)}
          </text>
        </g>
      ))}
      <text x={size.left} y={size.height - 8}>
        {timeText(finite[0])}
      </text>
      <text x={size.width - size.right} y={size.height - 8} textAnchor="end">
        {timeText(finite.at(-1))}
      </text>
      <polyline className="plot-line" points={line} />
      {finite.map((point, index) => (
        <PlotPoint key={String(point.node.id)} point={point} x={x(index)} y={y(point.value)} />
      ))}
    </svg>
  );
}

function PlotPoint({
  point: { node, value },
  x,
  y,
}: {
  readonly point: Point;
  readonly x: number;
  readonly y: number;
}) {
  const label = `${plainText(labelOf(node), 80)}: ${doubleText(value)}`;
  return (
    <a
      href={pathOf(node)}
      aria-label={label}
      onClick={(event) => {
        if (event.metaKey || event.ctrlKey || event.shiftKey) return;
        event.preventDefault();
        navigate(pathOf(node));
      }}
    >
      <title>{label}</title>
      <circle className="plot-target" cx={x} cy={y} r={12} />
      <circle className="plot-point" cx={x} cy={y} r={4} />
    </a>
  );
}

function tickText(value: number): string {
  return value.toLocaleString("en-US", {
    maximumSignificantDigits: 4,
    notation: Math.abs(value) >= 1e7 ? "scientific" : "standard",
  });
}

function timeText(point: Point | undefined): string {
  const date = point && dateOf(point.node.createTimeSinceEpoch);
  return date ? localText(date, { short: true }) : "";
}
