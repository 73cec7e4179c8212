/* password.c - see password.h. */
#include "api/accounts/password.h"
#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <strings.h>

struct sg_passwords {
    unsigned long long passes;
    size_t bytes;
    char nobodys[SG_PASSWORD_HASH_MAX]; /* hash of what nobody knows */
    pthread_mutex_t lock;
    pthread_cond_t free;
    int running, max_running, inside, max_inside;
};

/* Enters or is refused; waits for its turn. */
static int enter(struct sg_passwords *p, struct sg_error *e)
{
    pthread_mutex_lock(&p->lock);
    bool room = p->inside < p->max_inside;
    if (room) {
        p->inside++;
        while (p->running == p->max_running)
            pthread_cond_wait(&p->free, &p->lock);
        p->running++;
    }
    pthread_mutex_unlock(&p->lock);
    return room ? 0 : sg_fail(e, SG_EBUSY, "too many passwords are being checked; come again");
}

static void leave(struct sg_passwords *p)
{
    pthread_mutex_lock(&p->lock);
    p->running--;
    p->inside--;
    pthread_cond_broadcast(&p->free); /* a signal may be lost: see rpc_job_take */
    pthread_mutex_unlock(&p->lock);
}

int sg_password_hash(struct sg_passwords *p, struct sg_str password, char out[SG_PASSWORD_HASH_MAX],
                     struct sg_error *e)
{
    int rc = enter(p, e);
    if (rc)
        return rc;
    if (crypto_pwhash_str(out, password.p, password.n, p->passes, p->bytes))
        rc = sg_fail(e, SG_ENOMEM, "no memory to hash a password");
    leave(p);
    return rc;
}

int sg_password_check(struct sg_passwords *p, struct sg_str password, const char *hash, bool *good,
                      bool *old, struct sg_error *e)
{
    bool known = hash && *hash;
    int rc = enter(p, e);
    if (rc)
        return rc;
    bool same = !crypto_pwhash_str_verify(known ? hash : p->nobodys, password.p, password.n);
    leave(p);
    *good = known && same;
    *old = *good && crypto_pwhash_str_needs_rehash(hash, p->passes, p->bytes);
    return 0;
}

int sg_passwords_open(struct sg_passwords **out, const struct sg_config *config, struct sg_error *e)
{
    char secret[24];
    struct sg_passwords *p = calloc(1, sizeof *p);
    if (!p || sodium_init() < 0) {
        free(p);
        return sg_fail(e, SG_ENOMEM, "passwords");
    }
    p->passes = (unsigned long long)config->auth.argon_passes;
    p->bytes = (size_t)config->auth.argon_mib << 20;
    p->max_running = (int)config->auth.hashers;
    p->max_inside = (int)config->api.workers / 4 > p->max_running ? (int)config->api.workers / 4
                                                                  : p->max_running;
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->free, NULL);
    randombytes_buf(secret, sizeof secret);
    int rc = sg_password_hash(p, (struct sg_str){secret, sizeof secret}, p->nobodys, e);
    if (rc)
        sg_passwords_close(p);
    else
        *out = p;
    return rc;
}

void sg_passwords_close(struct sg_passwords *p)
{
    if (!p)
        return;
    pthread_cond_destroy(&p->free);
    pthread_mutex_destroy(&p->lock);
    free(p);
}

/* Of the lists of what leaked most often, those of eight bytes and more. */
static const char *const common[] = {
    "00000000",   "01234567",    "11111111",      "1111111111",   "11223344",   "12121212",
    "12341234",   "123123123",   "1234554321",    "12345678",     "123456789",  "1234567890",
    "1234567891", "12345678910", "12345679",      "123abc123",    "123qweasd",  "1q2w3e4r",
    "1q2w3e4r5t", "1qaz2wsx",    "1qazxsw2",      "22222222",     "55555555",   "66666666",
    "77777777",   "88888888",    "87654321",      "987654321",    "9876543210", "99999999",
    "a1234567",   "a12345678",   "aa123456",      "aa12345678",   "abc12345",   "abcd1234",
    "abcdefgh",   "admin123",    "administrator", "alexander",    "asdf1234",   "asdfasdf",
    "asdfghjk",   "asdfghjkl",   "babygirl",      "barcelona",    "baseball",   "basketball",
    "benjamin",   "blink182",    "butterfly",     "changeme",     "charlotte",  "chocolate",
    "christian",  "christmas",   "cocacola",      "computer",     "corvette",   "danielle",
    "december",   "dragon123",   "elephant",      "elizabeth",    "facebook",   "fernando",
    "football",   "football1",   "garfield",      "getmoney",     "hello123",   "helloworld",
    "iloveyou",   "iloveyou1",   "iloveyou2",     "internet",     "isabella",   "jennifer",
    "jonathan",   "jordan23",    "juventus",      "letmein1",     "letmein123", "linkedin",
    "liverpool",  "liverpool1",  "lovelove",      "manchester",   "marlboro",   "maverick",
    "mercedes",   "metallica",   "michelle",      "michael1",     "midnight",   "minecraft",
    "monkey123",  "motorola",    "mustang1",      "myspace1",     "naruto123",  "nicholas",
    "november",   "p@ssw0rd",    "pa55word",      "passw0rd",     "password",   "password!",
    "password1",  "password12",  "password123",   "password1234", "patricia",   "playboy1",
    "pokemon123", "precious",    "princess",      "princess1",    "q1w2e3r4",   "q1w2e3r4t5",
    "qazwsxedc",  "qwer1234",    "qwerasdf",      "qwerty12",     "qwerty123",  "qwerty1234",
    "qwertyui",   "qwertyuiop",  "rainbow1",      "samantha",     "samsung1",   "scorpion",
    "sebastian",  "september",   "slipknot",      "snowball",     "spiderman",  "starwars",
    "steelers",   "stephanie",   "sunflower",     "sunshine",     "sunshine1",  "superman",
    "superstar",  "swordfish",   "test1234",      "testtest",     "tinkerbell", "trustno1",
    "trustno1!",  "victoria",    "vanessa1",      "welcome1",     "welcome123", "whatever",
    "william1",   "xxxxxxxx",    "zaq12wsx",      "zaq1zaq1",     "zxcvbnm1",   "zxcvbnm123",
};

static bool is_common(struct sg_str s)
{
    bool same = true; /* one character over and over */
    for (size_t i = 1; i < s.n; i++)
        same = same && s.p[i] == s.p[0];
    for (size_t i = 0; !same && i < sizeof common / sizeof *common; i++)
        same = strlen(common[i]) == s.n && strncasecmp(common[i], s.p, s.n) == 0;
    return same;
}

int sg_password_judge(struct sg_str password, struct sg_str email, const char *field,
                      struct sg_error *e)
{
    if (password.n < SG_PASSWORD_MIN || password.n > SG_PASSWORD_MAX ||
        memchr(password.p, '\0', password.n))
        return sg_fail_field(e, field, "%s: expected %d to %d bytes", field, SG_PASSWORD_MIN,
                             SG_PASSWORD_MAX);
    if (is_common(password))
        return sg_fail_field(e, field, "%s: it is among those that are guessed first", field);
    if (email.n == password.n && strncasecmp(password.p, email.p, email.n) == 0)
        return sg_fail_field(e, field, "%s: it is the address itself", field);
    return 0;
}
