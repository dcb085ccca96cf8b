import type { SignalDetail } from "../../api/types";
import { DepthChart } from "../../charts/DepthChart";
import { cents, percent } from "../../format/numbers";
import { span } from "../../format/times";
import { Panel } from "../../parts/Panel";
import { Empty } from "../../parts/States";

/** The order book that the decision saw. */
export function BookPanel({ detail }: { detail: SignalDetail }) {
  const { book, signal } = detail;
  if (book === null) {
    return (
      <Panel title="The book it saw">
        <Empty title="No book">
          The decision had none: the venue did not answer in time, or nobody bid or offered.
        </Empty>
      </Panel>
    );
  }
  const spread =
    book.mid !== null && book.spread !== null ? `, spread ${percent(book.spread / book.mid)} of the mid` : "";
  return (
    <Panel
      title="The book it saw"
      note={`${span(book.age_seconds)} old at the decision, mid ${cents(book.mid)}${spread}`}
    >
      <DepthChart
        bids={book.bids}
        asks={book.asks}
        marks={[
          { name: "Leader's price", price: signal.price, colour: "accent" },
          ...(signal.our_price === null
            ? []
            : [{ name: "Our limit", price: signal.our_price, colour: "warn" as const }]),
        ]}
      />
    </Panel>
  );
}
