/* Prints ids in the form of Sources/Model and checks that they are sorted: what the demo compiles where boxes have no Swift. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/random.h>

static const char digits[] = "0123456789abcdefghjkmnpqrstvwxyz";

/* 48 bits of time, 80 of chance, in 26 characters of Crockford's base32. */
static void spell(unsigned long long milliseconds, const unsigned char chance[10], char text[27])
{
    for (int i = 9; i >= 0; i--, milliseconds >>= 5)
        text[i] = digits[milliseconds & 31];
    for (int i = 0; i < 16; i++) {
        int bit = i * 5, byte = bit / 8, shift = bit % 8;
        unsigned pair = chance[byte] << 8 | (byte < 9 ? chance[byte + 1] : 0);
        text[10 + i] = digits[pair >> (11 - shift) & 31];
    }
    text[26] = 0;
}

int main(int count, char **arguments)
{
    int wanted = count > 1 ? atoi(arguments[1]) : 10;
    char last[27] = "", text[27];
    for (int i = 0; i < wanted; i++) {
        unsigned char chance[10];
        if (getrandom(chance, sizeof chance, 0) != sizeof chance)
            return 1;
        spell(1700000000000ULL + i, chance, text);
        if (strlen(text) != 26 || strcmp(last, text) >= 0)
            return 1;
        strcpy(last, text);
        puts(text);
    }
    printf("%d ids, all canonical and in order\n", wanted);
    return 0;
}
