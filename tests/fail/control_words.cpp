// error: layer 2
// error: layer 3
static_assert(sizeof(int) == 1, "layer 2 does not fit");
