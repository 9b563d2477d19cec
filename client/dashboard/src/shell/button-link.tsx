import { Button, type ButtonProps } from '@mantine/core';
import { createLink } from '@tanstack/react-router';
import type { AnchorHTMLAttributes, Ref } from 'react';

type Props = ButtonProps &
  Omit<AnchorHTMLAttributes<HTMLAnchorElement>, keyof ButtonProps> & { ref?: Ref<HTMLAnchorElement> };

const AnchorButton = ({ ref, ...props }: Props) => <Button component="a" ref={ref} {...props} />;

/** A link that looks like a button: still a link, with an address to copy and to open in another tab. */
export const ButtonLink = createLink(AnchorButton);
