import { MantineProvider } from "@mantine/core";
import { Notifications } from "@mantine/notifications";
import { hashKey, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { makeQueryClient } from "../api/queryClient";
import { sessionQuery } from "../api/queries";
import { theme } from "../theme/theme";
import { makeRouter } from "./router";

const SESSION = hashKey(sessionQuery.queryKey);

/** Everything. The component library must not write styles at run time, so its variables come from a file. */
export function App() {
  const [queries] = useState(makeQueryClient);
  const [router] = useState(() => makeRouter(queries));
  useEffect(() => {
    return queries.getQueryCache().subscribe((event) => {
      if (event.type !== "updated" || event.action.type !== "success") return;
      if (event.query.queryHash === SESSION && event.query.state.data === null) {
        queries.removeQueries({ predicate: (query) => query.queryHash !== SESSION });
        void router.invalidate();
      }
    });
  }, [queries, router]);
  return (
    <MantineProvider
      theme={theme}
      defaultColorScheme="auto"
      withCssVariables={false}
      withGlobalClasses={false}
    >
      <QueryClientProvider client={queries}>
        <RouterProvider router={router} />
        <Notifications position="bottom-right" limit={4} />
      </QueryClientProvider>
    </MantineProvider>
  );
}
