import type { AnchorHTMLAttributes, MouseEvent } from "react";
import { navigate } from "../lib/address.ts";

type LinkProps = AnchorHTMLAttributes<HTMLAnchorElement> & { readonly to: string };

/** A link inside the page: an ordinary one for new tabs and copied addresses, without a reload on a plain click. */
export function Link({ to, onClick, ...rest }: LinkProps) {
  const follow = (event: MouseEvent<HTMLAnchorElement>) => {
    onClick?.(event);
    const isPlain = event.button === 0 && !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey);
    if (event.defaultPrevented || !isPlain) return;
    event.preventDefault();
    navigate(to);
    scrollTo(0, 0);
  };
  return <a href={to} onClick={follow} {...rest} />;
}
