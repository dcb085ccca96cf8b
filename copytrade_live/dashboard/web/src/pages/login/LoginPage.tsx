import { Button, PasswordInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRouter, useSearch } from "@tanstack/react-router";
import { useEffect, useState, type SyntheticEvent } from "react";
import { client, rememberCsrf, take } from "../../api/client";
import { sessionQuery } from "../../api/queries";
import css from "./LoginPage.module.css";

/** Exchanges the API key for a session. */
export function LoginPage() {
  const [key, setKey] = useState("");
  const login = useLogin();
  useEffect(() => {
    document.title = "Log in · copytrade";
  }, []);
  const send = (event: SyntheticEvent): void => {
    event.preventDefault();
    login.mutate(key.trim());
  };
  return (
    <main className={css["page"]}>
      <form className={css["card"]} onSubmit={send}>
        <div className={css["brand"]}>
          <img src="/icon.svg" alt="" />
          <h1>copytrade</h1>
        </div>
        <PasswordInput
          label="API key"
          description="Shown once when the dashboard first started. A new one: copytrade dashboard key"
          value={key}
          onChange={(event) => {
            setKey(event.currentTarget.value);
          }}
          error={login.error?.message}
          aria-invalid={login.isError}
          autoComplete="current-password"
          data-autofocus
          required
          withAsterisk={false}
        />
        <Button type="submit" fullWidth loading={login.isPending} disabled={key.trim() === ""}>
          Log in
        </Button>
        <p className="dim">
          The key is exchanged for a session and not kept in this browser. Locked out? A terminal always
          works: <code>copytrade halt</code>
        </p>
      </form>
    </main>
  );
}

function useLogin() {
  const queries = useQueryClient();
  const router = useRouter();
  const { next } = useSearch({ from: "/login" });
  return useMutation({
    mutationFn: (api_key: string) => take(client.POST("/api/session", { body: { api_key } })),
    onSuccess: async (session) => {
      rememberCsrf(session.csrf);
      queries.setQueryData(sessionQuery.queryKey, session);
      // Only ever to a page of ours.
      router.history.push(next?.startsWith("/") === true && !next.startsWith("//") ? next : "/");
      await router.invalidate();
    },
  });
}
