import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { signalQuery } from "../../api/queries";
import type { SignalDetail } from "../../api/types";
import { useNow } from "../../api/useOverview";
import type { Instant } from "../../format/times";
import { PageHead } from "../../parts/PageHead";
import { Panel } from "../../parts/Panel";
import { Query } from "../../parts/Query";
import { BookPanel } from "./BookPanel";
import { GateList } from "./GateList";
import { RecordPanel } from "./RecordPanel";
import { ScorePanel } from "./ScorePanel";
import { SizePanel } from "./SizePanel";
import { Timeline } from "./Timeline";
import { Verdict } from "./Verdict";
import css from "./WhyPage.module.css";

/** Why one signal was copied or refused: every gate, what was seen, and what became of it. */
export function WhyPage() {
  const { signalId } = useParams({ from: "/shell/signals/$signalId" });
  const detail = useQuery(signalQuery(signalId));
  const now = useNow();
  return (
    <>
      <PageHead title="Why" note={<Link to="/signals">All signals</Link>} />
      <Query query={detail} lines={10}>
        {(data) => <Why detail={data} now={now} />}
      </Query>
    </>
  );
}

function Why({ detail, now }: { detail: SignalDetail; now: Instant }) {
  const held = detail.gates.filter((gate) => gate.holds).length;
  return (
    <>
      <Verdict detail={detail} now={now} />
      <div className={css["grid"]}>
        <div className={css["column"]}>
          <Panel
            title="Gates"
            note={
              detail.gates.length === 0
                ? "A leader's sale passes no gates: we sell our share with it"
                : `${held} of ${detail.gates.length} hold, in the order in which they are asked`
            }
            isFlush
          >
            <GateList gates={detail.gates} />
          </Panel>
          <Panel title="What became of it" note="Journal events, oldest first">
            <Timeline entries={[...detail.answers, ...detail.later]} now={now} />
          </Panel>
        </div>
        <div className={css["column"]}>
          <BookPanel detail={detail} />
          <SizePanel detail={detail} />
          <ScorePanel title="Score it used" score={detail.score} snapshot={detail.snapshot} now={now} />
          <RecordPanel detail={detail} now={now} />
        </div>
      </div>
    </>
  );
}
