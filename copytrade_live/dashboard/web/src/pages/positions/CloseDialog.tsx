import { closePosition, useDeed } from "../../api/deeds";
import type { Position } from "../../api/types";
import { cents, dollars, quantity } from "../../format/numbers";
import { foreign } from "../../format/texts";
import { Confirm, type Given } from "../../parts/Confirm";
import { marketName } from "../../parts/Market";

/** Asks before a position is sold by hand. */
export function CloseDialog({ position, onEnd }: { position: Position; onEnd: () => void }) {
  const close = useDeed(
    "Close asked for",
    (given: Given) => closePosition(position.token_id, given.note),
    onEnd,
  );
  return (
    <Confirm
      title="Close this position now?"
      verb="Sell now"
      isDangerous
      isPending={close.isPending}
      error={close.error}
      onConfirm={(given) => {
        close.mutate(given);
      }}
      onClose={onEnd}
    >
      <p>
        Sells {quantity(position.size)} shares of <b>{foreign(position.outcome, "an unnamed outcome")}</b> in{" "}
        <b>{marketName(position.title, position.condition_id)}</b> into the bids, within the slippage limit.
        At the mark of {cents(position.mark)} they are worth {dollars(position.value)}. Its leader stays
        followed.
      </p>
    </Confirm>
  );
}
