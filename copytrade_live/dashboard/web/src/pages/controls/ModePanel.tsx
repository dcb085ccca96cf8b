import { Button } from "@mantine/core";
import { useState } from "react";
import { setMode, useDeed } from "../../api/deeds";
import type { Schemas } from "../../api/types";
import { Confirm, type Given } from "../../parts/Confirm";
import { Facts } from "../../parts/Facts";
import { Panel } from "../../parts/Panel";
import css from "./Controls.module.css";

type Mode = Schemas["SetMode"]["mode"];

const MEANS: Record<Mode, string> = {
  paper: "A runner of real money then only leaves what it holds. A paper runner is not concerned.",
  live: "A runner of real money then makes entries with it. Refused where safety.dry_run is the ceiling.",
};

/** Whether a runner of real money may trade, below the config's ceiling. */
export function ModePanel({ controls }: { controls: Schemas["Controls"] }) {
  const [asked, setAsked] = useState<Mode | null>(null);
  return (
    <Panel title="Mode">
      <div className={css["stack"]}>
        <div className={css["state"]}>{controls.mode === "live" ? "Live: real money" : "Paper"}</div>
        <Facts
          rows={[
            ["Ceiling (safety.dry_run)", controls.ceiling],
            ["Real money's journal", controls.has_live_journal ? "exists" : "none"],
            ["Its mode", controls.live_mode ?? "not set"],
          ]}
        />
        <div className={css["buttons"]}>
          {(["live", "paper"] as const).map((mode) => (
            <Button
              key={mode}
              size="sm"
              variant="default"
              onClick={() => {
                setAsked(mode);
              }}
            >
              Switch to {mode}…
            </Button>
          ))}
        </div>
        <p className="dim">Nothing at runtime raises the ceiling; only the config file and a new start do.</p>
      </div>
      {asked && (
        <Dialog
          mode={asked}
          onEnd={() => {
            setAsked(null);
          }}
        />
      )}
    </Panel>
  );
}

function Dialog({ mode, onEnd }: { mode: Mode; onEnd: () => void }) {
  const deed = useDeed(`Switch to ${mode} asked for`, (given: Given) => setMode({ ...given, mode }), onEnd);
  return (
    <Confirm
      title={`Switch to ${mode}?`}
      verb={`Switch to ${mode}`}
      isDangerous={mode === "live"}
      word={mode}
      isPending={deed.isPending}
      error={deed.error}
      onConfirm={(given) => {
        deed.mutate(given);
      }}
      onClose={onEnd}
    >
      {MEANS[mode]}
    </Confirm>
  );
}
