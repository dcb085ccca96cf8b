import { IconCheck, IconX } from "@tabler/icons-react";
import type { GateAnswer } from "../../api/types";
import { bound, measured } from "../../format/measures";
import { Empty } from "../../parts/States";
import { Word } from "../../parts/Word";
import { scale } from "./gateScale";
import css from "./GateList.module.css";

/** Every gate with what it demands, what was measured, and the limit. */
export function GateList({ gates }: { gates: readonly GateAnswer[] }) {
  if (gates.length === 0) return <Empty title="No gates">Only what a leader buys passes gates.</Empty>;
  return (
    <ol className={css["list"]}>
      {gates.map((gate) => (
        <li key={gate.name} className={css["gate"]} data-decides={gate.decides}>
          {gate.holds ? (
            <IconCheck size={18} className="gain" aria-label="holds" role="img" />
          ) : (
            <IconX size={18} className="loss" aria-label="does not hold" role="img" />
          )}
          <div className={css["demand"]}>
            {gate.demand}
            {!gate.holds && (
              <small>
                {gate.decides ? "refused it: " : "would have refused it too: "}
                <Word kind="reject_reasons" word={gate.reason} />
              </small>
            )}
          </div>
          <Numbers gate={gate} />
        </li>
      ))}
    </ol>
  );
}

function Numbers({ gate }: { gate: GateAnswer }) {
  if (gate.measured === null && gate.limit === null) return <span />;
  const drawn = scale(gate.measured, gate.limit);
  return (
    <div className={css["numbers"]}>
      <span>
        <b>{measured(gate)}</b> <span className="dim">{bound(gate, gate.holds)}</span>
      </span>
      {drawn && (
        <div className={css["scale"]} aria-hidden>
          <span
            className={css["fill"]}
            data-holds={gate.holds}
            style={{ left: `${drawn.from}%`, width: `${drawn.width}%` }}
          />
          <span className={css["limit"]} style={{ left: `${drawn.limit}%` }} />
        </div>
      )}
    </div>
  );
}
