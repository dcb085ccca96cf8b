import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { backtestsQuery, comparisonQuery } from "../../api/queries";
import type { Schemas } from "../../api/types";
import { dayOf } from "../../format/times";
import { Choice } from "../../parts/Choice";
import { PageHead } from "../../parts/PageHead";
import { Query } from "../../parts/Query";
import { Empty } from "../../parts/States";
import css from "./Backtests.module.css";
import { ComparedRuns } from "./ComparedRuns";

/** Two backtests side by side. */
export function ComparePage() {
  const { one, other } = useSearch({ from: "/shell/backtests/compare" });
  const backtests = useQuery(backtestsQuery);
  const navigate = useNavigate({ from: "/backtests/compare" });
  const options = [{ value: "", name: "Choose a run" }, ...(backtests.data?.items ?? []).map(option)];
  const choose = (name: "one" | "other") => (value: string) => {
    void navigate({
      search: (before) => ({ ...before, ...(value !== "" && { [name]: value }) }),
      replace: true,
    });
  };
  return (
    <>
      <PageHead
        title="Compare backtests"
        note={<Link to="/backtests">All backtests</Link>}
        actions={
          <div className={css["runs"]}>
            <Choice label="First" value={one ?? ""} options={options} onChoose={choose("one")} isFilter />
            <Choice label="Second" value={other ?? ""} options={options} onChoose={choose("other")} />
          </div>
        }
      />
      {one === undefined || other === undefined ? (
        <Empty title="Choose two runs">
          Their curves, numbers, decisions and settings are put side by side.
        </Empty>
      ) : (
        <Compared one={one} other={other} />
      )}
    </>
  );
}

function option(run: Schemas["BacktestRow"]): { value: string; name: string } {
  return { value: run.run_id, name: `${run.run_id} (${dayOf(run.from_at)} to ${dayOf(run.to_at)})` };
}

function Compared({ one, other }: { one: string; other: string }) {
  const comparison = useQuery(comparisonQuery(one, other));
  return (
    <Query query={comparison} lines={10}>
      {(data) => <ComparedRuns comparison={data} />}
    </Query>
  );
}
