// error: never said
int main() {}
