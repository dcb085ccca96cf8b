import { Button } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { validate } from "../../api/trials";
import { Panel } from "../../parts/Panel";
import { Failure } from "../../parts/States";
import { Tag } from "../../parts/Tag";
import { ConfigEditor, Mistakes } from "../replay/ConfigEditor";
import css from "./Config.module.css";

/** A change of the config that is checked and not saved. */
export function DraftPanel({ text }: { text: string }) {
  const [draft, setDraft] = useState(text);
  const check = useMutation({ mutationFn: validate });
  return (
    <Panel
      title="Check a change"
      note="Checked by the same rules as at a start, and not saved: the file is yours to change."
    >
      <div className={css["stack"]}>
        <ConfigEditor
          label="Config to check"
          value={draft}
          onChange={(next) => {
            setDraft(next);
            check.reset();
          }}
        />
        <div className={css["buttons"]}>
          <Button
            size="xs"
            loading={check.isPending}
            onClick={() => {
              check.mutate(draft);
            }}
          >
            Check
          </Button>
          {check.data?.ok === true && (
            <>
              <Tag tone="good">valid</Tag>
              <span className="dim">
                {check.data.changed.length === 0
                  ? "nothing differs from the file"
                  : `changed: ${check.data.changed.join(", ")}`}
              </span>
            </>
          )}
          {check.data?.ok === false && <Tag tone="bad">not valid</Tag>}
        </div>
        {check.data?.ok === false && <Mistakes errors={check.data.errors} />}
        {check.error && <Failure error={check.error} />}
        <p className="dim">
          What it would have done with the past: <Link to="/replay">what-if</Link>
        </p>
      </div>
    </Panel>
  );
}
