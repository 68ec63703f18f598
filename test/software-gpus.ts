// Mesa's GPU compiles twice as fast for vectors of four. It reads this when it is opened, here and in what is started from here.
process.env.LP_NATIVE_VECTOR_WIDTH ??= '128'
