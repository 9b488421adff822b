/** All agent adapters. One file each; one line here. */
import { claudeCode } from './claudeCode.ts';
import type { AgentAdapter } from './model.ts';

export const agents: readonly AgentAdapter[] = [claudeCode];

export const agentById = (id: string): AgentAdapter | undefined => agents.find((a) => a.id === id);
