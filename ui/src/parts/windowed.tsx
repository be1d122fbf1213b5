import { type ReactNode, useCallback, useLayoutEffect, useRef, useState } from "react";
import { cameBack } from "../lib/address.ts";
import { Scroll } from "./scroll.tsx";

/** In pixels; the style sheet holds the rows to it. */
const rowHeight = 37;

/** How many rows are drawn beyond what can be seen, above and below. */
const spare = 12;

/** How many rows before the end the next are asked for. */
const ahead = 80;

/** How far each table was scrolled when it was left. */
const scrolled = new Map<string, number>();

interface WindowedProps {
  readonly label: string;
  /** What is in the table: come back to, it is as far down as it was left. */
  readonly content: string;
  readonly rows: number;
  readonly head: ReactNode;
  readonly row: (index: number) => ReactNode;
  /** How many columns the table has. */
  readonly columns: number;
  /** Is called when the end comes near. */
  readonly onNearEnd: () => void;
  /** Stands below the last row. */
  readonly foot: ReactNode;
}

/** A table that draws only the rows in sight, however many it has; rows are of one height. */
export function WindowedTable({ label, content, rows, head, row, columns, onNearEnd, foot }: WindowedProps) {
  const frame = useRef<HTMLElement>(null);
  const [view, setView] = useState({ top: 0, height: 800 });
  const measure = useCallback((element: HTMLElement) => {
    setView({ top: element.scrollTop, height: element.clientHeight });
  }, []);
  useLayoutEffect(() => {
    const element = frame.current;
    if (element === null) return;
    const observer = new ResizeObserver(() => measure(element));
    observer.observe(element);
    return () => observer.disconnect();
  }, [measure]);
  const hasRows = rows > 0;
  useLayoutEffect(() => {
    if (hasRows && frame.current !== null) {
      frame.current.scrollTop = cameBack() ? (scrolled.get(content) ?? 0) : 0;
    }
  }, [content, hasRows]);
  const first = Math.max(0, Math.min(rows, Math.floor(view.top / rowHeight)) - spare);
  const last = Math.min(rows, Math.ceil((view.top + view.height) / rowHeight) + spare);
  const isNearEnd = last >= rows - ahead;
  useLayoutEffect(() => {
    // The number of rows matters too: after a short page the end is still in sight.
    if (isNearEnd && rows >= 0) onNearEnd();
  }, [isNearEnd, rows, onNearEnd]);
  return (
    <Scroll
      label={label}
      className="windowed"
      frame={frame}
      onScroll={({ currentTarget }) => {
        measure(currentTarget);
        if (hasRows) scrolled.set(content, currentTarget.scrollTop);
      }}
    >
      <table aria-rowcount={-1}>
        <thead>{head}</thead>
        <tbody>
          <Spacer height={first * rowHeight} columns={columns} />
          {Array.from({ length: Math.max(0, last - first) }, (_, index) => row(first + index))}
          <Spacer height={(rows - last) * rowHeight} columns={columns} />
        </tbody>
      </table>
      {foot}
    </Scroll>
  );
}

function Spacer({ height, columns }: { readonly height: number; readonly columns: number }) {
  if (height <= 0) return null;
  return (
    <tr>
      <td className="spacer" colSpan={columns} height={height} />
    </tr>
  );
}
