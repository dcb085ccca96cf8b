import { ActionIcon, Menu, useMantineColorScheme } from "@mantine/core";
import { IconDeviceDesktop, IconLogout, IconMoon, IconSun, IconUserCircle } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { client, take } from "../api/client";
import { sessionQuery } from "../api/queries";

/** Who is logged in, the colour scheme, and the way out. */
export function UserMenu() {
  const { data: session } = useQuery(sessionQuery);
  const { colorScheme, setColorScheme } = useMantineColorScheme({ keepTransitions: true });
  const leave = useLogout();
  const schemes = [
    { value: "auto", name: "As the system", icon: IconDeviceDesktop },
    { value: "light", name: "Light", icon: IconSun },
    { value: "dark", name: "Dark", icon: IconMoon },
  ] as const;
  return (
    <Menu position="bottom-end" width={210}>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" aria-label="Account and appearance">
          <IconUserCircle size={20} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{session ? `${session.user} (${session.role})` : "Not logged in"}</Menu.Label>
        {schemes.map((scheme) => (
          <Menu.Item
            key={scheme.value}
            leftSection={<scheme.icon size={16} aria-hidden />}
            rightSection={colorScheme === scheme.value ? "✓" : null}
            onClick={() => {
              setColorScheme(scheme.value);
            }}
          >
            {scheme.name}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item
          leftSection={<IconLogout size={16} aria-hidden />}
          onClick={() => {
            leave.mutate();
          }}
        >
          Log out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

function useLogout() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => take(client.DELETE("/api/session")),
    onSettled: () => {
      queries.setQueryData(sessionQuery.queryKey, null);
    },
  });
}
