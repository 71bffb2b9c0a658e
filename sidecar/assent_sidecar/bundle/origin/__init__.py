"""Where bundles come from: a workspace folder, a file, or any server of OPA bundles."""
