import { Link } from "@tanstack/react-router";
import { shortId } from "../format/texts";

/** A leader, by its wallet. */
export function Wallet({ wallet }: { wallet: string }) {
  return (
    <Link to="/leaders/$wallet" params={{ wallet }} className="mono nowrap" title={wallet}>
      {shortId(wallet)}
    </Link>
  );
}
