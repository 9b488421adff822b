/** Formats that hold Kubernetes objects. Plain YAML is in: values files and fragments of manifests have no kind. */
import type { Language } from '../../languages/detect.ts';

export const kubernetes: readonly Language[] = ['kubernetes', 'helm', 'kustomize', 'yaml'];
