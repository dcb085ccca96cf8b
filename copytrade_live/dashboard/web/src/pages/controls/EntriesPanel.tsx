import { Button } from "@mantine/core";
import { useState, type ReactNode } from "react";
import { halt, resume, useDeed } from "../../api/deeds";
import type { Schemas } from "../../api/types";
import { Confirm, type Given } from "../../parts/Confirm";
import { Panel } from "../../parts/Panel";
import { Word } from "../../parts/Word";
import css from "./Controls.module.css";

type Asked = "halt" | "stop" | "resume";

/** Whether new entries are made, and the switches for it. */
export function EntriesPanel({ controls }: { controls: Schemas["Controls"] }) {
  const [asked, setAsked] = useState<Asked | null>(null);
  const isOff = controls.is_halted || controls.is_stopped;
  const ask = (what: Asked) => () => {
    setAsked(what);
  };
  return (
    <Panel title="New entries">
      <div className={css["stack"]}>
        <div className={`${css["state"] ?? ""} ${isOff || controls.kill_switch ? "loss" : "gain"}`}>
          {state(controls)}
        </div>
        {controls.kill_switch && (
          <p>
            The kill switch file exists. Only its removal lifts it: delete the file that
            safety.kill_switch_file names.
          </p>
        )}
        <div className={css["buttons"]}>
          {isOff && (
            <Button size="sm" onClick={ask("resume")}>
              Resume…
            </Button>
          )}
          {!controls.is_halted && (
            <Button size="sm" color="red.8" onClick={ask("halt")}>
              Halt…
            </Button>
          )}
          {!controls.is_stopped && (
            <Button size="sm" variant="default" onClick={ask("stop")}>
              Stop everything…
            </Button>
          )}
        </div>
        <p className="dim">
          A halt makes no new entries; exits go on. A stop posts nothing at all, exits included.
        </p>
      </div>
      {asked && (
        <Dialog
          asked={asked}
          word={controls.confirm_resume}
          onEnd={() => {
            setAsked(null);
          }}
        />
      )}
    </Panel>
  );
}

function state(controls: Schemas["Controls"]): ReactNode {
  if (controls.is_stopped) return "Everything is stopped";
  if (controls.is_halted) {
    return (
      <>
        Halted: <Word kind="halt_reasons" word={controls.halt_reason ?? "operator"} />
      </>
    );
  }
  return controls.kill_switch ? "Off by the kill switch" : "Allowed";
}

const TEXT: Record<Asked, { title: string; verb: string; says: string }> = {
  halt: {
    title: "Halt new entries?",
    verb: "Halt",
    says: "No new copies. Positions are still left by their exit plans.",
  },
  stop: {
    title: "Stop everything?",
    verb: "Stop everything",
    says: "Nothing is posted any more, exits included; only cancels go. Positions are held through whatever comes.",
  },
  resume: {
    title: "Allow entries again?",
    verb: "Resume",
    says: "Lifts the halt and the stop. Make sure that what caused them is over.",
  },
};

function Dialog({ asked, word, onEnd }: { asked: Asked; word: string; onEnd: () => void }) {
  const send = (given: Given) =>
    asked === "resume" ? resume(given) : halt({ note: given.note, stop: asked === "stop" });
  const deed = useDeed(`${TEXT[asked].verb} asked for`, send, onEnd);
  return (
    <Confirm
      title={TEXT[asked].title}
      verb={TEXT[asked].verb}
      isDangerous={asked !== "resume"}
      {...(asked === "resume" && { word })}
      isPending={deed.isPending}
      error={deed.error}
      onConfirm={(given) => {
        deed.mutate(given);
      }}
      onClose={onEnd}
    >
      {TEXT[asked].says}
    </Confirm>
  );
}
