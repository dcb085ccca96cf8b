import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { leadersQuery } from "../../api/queries";
import { rejectReasonValues } from "../../api/schema";
import type { SignalSearch } from "../../app/search";
import { shortId, title } from "../../format/texts";
import { Choice } from "../../parts/Choice";
import css from "./SignalsPage.module.css";

const ANY = { value: "", name: "Any" };
const OUTCOMES = [
  ANY,
  { value: "copied", name: "Copied" },
  { value: "rejected", name: "Refused" },
  { value: "mirrored", name: "Sold with the leader" },
];

/** What the feed shows; the choice is in the address, so that it can be shared and gone back to. */
export function SignalFilters({ search }: { search: SignalSearch }) {
  const navigate = useNavigate({ from: "/signals" });
  const { data: leaders } = useQuery(leadersQuery);
  const choose = (name: keyof SignalSearch) => (value: string) => {
    const rest = Object.fromEntries(Object.entries(search).filter(([key]) => key !== name));
    void navigate({ search: value === "" ? rest : { ...rest, [name]: value }, replace: true });
  };
  const wallets = new Set([
    ...(leaders?.items ?? []).map((one) => one.wallet),
    ...(search.leader ? [search.leader] : []),
  ]);
  return (
    <div className={css["filters"]}>
      <Choice
        label="Answer"
        value={search.outcome ?? ""}
        onChoose={choose("outcome")}
        options={OUTCOMES}
        isFilter
      />
      <Choice
        label="Reason"
        value={search.reason ?? ""}
        onChoose={choose("reason")}
        options={[ANY, ...rejectReasonValues.map((reason) => ({ value: reason, name: title(reason) }))]}
      />
      <Choice
        label="Leader"
        value={search.leader ?? ""}
        onChoose={choose("leader")}
        options={[ANY, ...[...wallets].map((wallet) => ({ value: wallet, name: shortId(wallet) }))]}
      />
      {Object.keys(search).length > 0 && (
        <Button size="xs" variant="subtle" onClick={() => void navigate({ search: {}, replace: true })}>
          Clear
        </Button>
      )}
    </div>
  );
}
