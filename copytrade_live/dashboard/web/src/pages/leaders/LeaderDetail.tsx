import { Link } from "@tanstack/react-router";
import type { Schemas } from "../../api/types";
import { useNow } from "../../api/useOverview";
import { against } from "../../format/measures";
import { count, dollars, gain, tone } from "../../format/numbers";
import { foreign } from "../../format/texts";
import { CountBars } from "../../parts/CountBars";
import { Panel } from "../../parts/Panel";
import { Stat, Stats } from "../../parts/Stat";
import { ScorePanel } from "../signals/ScorePanel";
import { CategoryTable } from "./CategoryTable";
import { CopiedTag } from "./CopiedTag";
import css from "./LeaderPage.module.css";
import { ScoreHistory } from "./ScoreHistory";

/** Everything known about one leader. */
export function LeaderDetail({ detail }: { detail: Schemas["LeaderDetail"] }) {
  const { leader } = detail;
  const now = useNow();
  return (
    <div className={css["grid"]}>
      <div className={css["column"]}>
        <Panel title="Our copies" actions={<CopiedTag leader={leader} />}>
          <Copies leader={leader} />
        </Panel>
        <Panel
          title="How its score changed"
          note="Probability that copying pays; under it the edge and its lower bound"
        >
          <ScoreHistory points={detail.history} />
        </Panel>
        <Panel title="By category" isFlush>
          <CategoryTable rows={detail.categories} />
        </Panel>
      </div>
      <div className={css["column"]}>
        <Panel title={`Place ${leader.place}, and why`}>
          <Reasons leader={leader} />
        </Panel>
        <ScorePanel title="Score over all categories" score={leader.score} snapshot={null} now={now} />
        <Panel
          title="What became of its signals"
          actions={
            <Link to="/signals" search={{ leader: leader.wallet }}>
              Show them
            </Link>
          }
        >
          <CountBars counts={detail.decisions} what="signal" />
        </Panel>
      </div>
    </div>
  );
}

function Copies({ leader }: { leader: Schemas["LeaderRow"] }) {
  return (
    <Stats>
      <Stat
        name="Closed"
        value={gain(leader.realised_pnl)}
        tone={tone(leader.realised_pnl)}
        note={count(leader.copies, "copy", "copies")}
      />
      <Stat
        name="Open"
        value={gain(leader.unrealised_pnl)}
        tone={tone(leader.unrealised_pnl)}
        note={count(leader.open_positions, "position")}
      />
      <Stat name="Exposure" value={dollars(leader.exposure)} />
      <Stat
        name="Below its peak"
        value={dollars(leader.shortfall)}
        note={`${count(leader.loss_streak, "loss", "losses")} in a row`}
      />
    </Stats>
  );
}

function Reasons({ leader }: { leader: Schemas["LeaderRow"] }) {
  const refusals = leader.refusals.map((one) => `${one.summary} ${against(one)}`.trim());
  const reasons = [...refusals, ...leader.score.reasons.map((one) => foreign(one))];
  if (reasons.length === 0) return <p className="dim">Nothing in its record speaks against copying it.</p>;
  return (
    <ul className={css["reasons"]}>
      {reasons.map((reason) => (
        <li key={reason}>{reason}</li>
      ))}
    </ul>
  );
}
