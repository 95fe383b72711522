export async function startBreakingProxy() { throw new Error("not yet"); }
