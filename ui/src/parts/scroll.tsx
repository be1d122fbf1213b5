import type { ReactNode, Ref, UIEventHandler } from "react";

interface ScrollProps {
  readonly label: string;
  readonly children: ReactNode;
  readonly className?: string;
  readonly frame?: Ref<HTMLElement>;
  readonly onScroll?: UIEventHandler<HTMLElement>;
}

/** A frame with a scroll bar of its own, which the keyboard can reach. */
export function Scroll({ label, children, className = "scroll", frame, onScroll }: ScrollProps) {
  return (
    <section
      ref={frame}
      className={className}
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: without it nobody could scroll without a mouse
      tabIndex={0}
      onScroll={onScroll}
    >
      {children}
    </section>
  );
}
