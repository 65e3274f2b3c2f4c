// The same with kernels for AVX2, whose rows may lie over those that they are made of.
#include "rows.cpp"  // NOLINT(bugprone-suspicious-include)

TEST_CASE("rows of depthwise layers lie over the first that they reach") {
  rows_laid_over = 0;
  CHECK(spans_owned<ordered<varied<depthwise7>, pushed_rows>>() > 0);
  CHECK(spans_owned<ordered<varied<like_the_demo>, pushed_rows>>() > 0);
#if defined(__AVX2__)
  CHECK(rows_laid_over > 0);
#endif
}
