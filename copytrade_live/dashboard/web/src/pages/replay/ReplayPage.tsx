import { PageHead } from "../../parts/PageHead";
import { ReplayPanel } from "./ReplayPanel";
import css from "./ReplayPage.module.css";
import { WhatIfPanel } from "./WhatIfPanel";

/** Deciding the past again: by today's code, and by another config. */
export function ReplayPage() {
  return (
    <>
      <PageHead
        title="Replay and what-if"
        note="Both decide the journal again from its first event. They change nothing, and copying goes on meanwhile."
      />
      <div className={css["grid"]}>
        <WhatIfPanel />
        <ReplayPanel />
      </div>
    </>
  );
}
