import { Button } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { configQuery } from "../../api/queries";
import { validate, whatIf } from "../../api/trials";
import { Panel } from "../../parts/Panel";
import { Query } from "../../parts/Query";
import { Failure, Loading } from "../../parts/States";
import { ConfigEditor, Mistakes } from "./ConfigEditor";
import css from "./ReplayPage.module.css";
import { WhatIfResult } from "./WhatIfResult";

/** What another config would have done with the journal. The file itself is not touched. */
export function WhatIfPanel() {
  const config = useQuery({ ...configQuery, refetchOnWindowFocus: false });
  return (
    <Panel
      title="What if"
      note="Change a number here, and see which past decisions would have been others. Nothing is saved."
    >
      <Query query={config} lines={10}>
        {(data) => <Trial text={data.text} />}
      </Query>
    </Panel>
  );
}

function Trial({ text }: { text: string }) {
  const [draft, setDraft] = useState(text);
  const check = useMutation({ mutationFn: validate });
  const run = useMutation({ mutationFn: whatIf });
  const failed = check.error ?? run.error;
  const isBusy = check.isPending || run.isPending;
  const start = async (): Promise<void> => {
    run.reset();
    const found = await check.mutateAsync(draft);
    if (found.ok) await run.mutateAsync(draft);
  };
  return (
    <div className={css["stack"]}>
      <ConfigEditor label="Config to try" value={draft} onChange={setDraft} />
      <div className={css["buttons"]}>
        <Button size="xs" loading={isBusy} onClick={() => void start().catch(() => undefined)}>
          Try it on the journal
        </Button>
        <Button
          size="xs"
          variant="default"
          disabled={draft === text}
          onClick={() => {
            setDraft(text);
            check.reset();
            run.reset();
          }}
        >
          As the file has it
        </Button>
        {check.data?.ok === true && (
          <span className="dim">
            {check.data.changed.length === 0
              ? "Nothing differs from the file"
              : `Changed: ${check.data.changed.join(", ")}`}
          </span>
        )}
      </div>
      {check.data?.ok === false && <Mistakes errors={check.data.errors} />}
      {failed && <Failure error={failed} />}
      {run.isPending && <Loading label="Deciding the journal again" />}
      {run.data && <WhatIfResult found={run.data} />}
    </div>
  );
}
