import { Button } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import type { Schemas } from "../../api/types";
import { replay } from "../../api/trials";
import { count } from "../../format/numbers";
import { Panel } from "../../parts/Panel";
import { Failure, Loading } from "../../parts/States";
import { Stat, Stats } from "../../parts/Stat";
import { Tag } from "../../parts/Tag";
import { Word } from "../../parts/Word";
import { FirstOnes } from "./FirstOnes";
import css from "./ReplayPage.module.css";

/** Whether today's code and config decide as it was decided. */
export function ReplayPanel() {
  const run = useMutation({ mutationFn: replay });
  return (
    <Panel
      title="Replay"
      note="Same code and config must agree on every decision; a difference is named as code, config or data"
      actions={
        <Button
          size="xs"
          loading={run.isPending}
          onClick={() => {
            run.mutate();
          }}
        >
          Replay the journal
        </Button>
      }
    >
      {run.isPending && <Loading label="Deciding the journal again" />}
      {run.error && <Failure error={run.error} />}
      {run.data && <Verdict replay={run.data} />}
      {run.isIdle && (
        <p className="dim">Takes seconds for a day of signals. From a terminal: copytrade replay.</p>
      )}
    </Panel>
  );
}

function Verdict({ replay: found }: { replay: Schemas["Replay"] }) {
  return (
    <div className={css["stack"]}>
      <div>
        <Tag tone={found.agrees ? "good" : "bad"}>
          {found.agrees ? "agrees on every decision" : "differs"}
        </Tag>
      </div>
      <Stats>
        <Stat name="Events" value={found.observations.toLocaleString("en-US")} />
        <Stat name="Decisions" value={found.decisions.toLocaleString("en-US")} />
        <Stat name="Agreed" value={found.agreed.toLocaleString("en-US")} />
        {Object.entries(found.causes).map(([cause, often]) => (
          <Stat key={cause} name={`Because of ${cause}`} value={often} tone="warn" />
        ))}
      </Stats>
      {found.differences.map((one) => (
        <p key={`${one.recorded} ${one.then}`}>
          {count(one.count, "time")}: <Word kind="reject_reasons" word={one.recorded} /> then,{" "}
          <Word kind="reject_reasons" word={one.then} /> now
        </p>
      ))}
      <FirstOnes
        label="First differences"
        rows={found.first.map((one) => ({ ...one, then: one.replayed, note: one.cause }))}
      />
    </div>
  );
}
