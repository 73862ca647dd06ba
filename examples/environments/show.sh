# Says what it was started with, and waits.
echo "arguments: $*; SITE=$SITE LEVEL=$LEVEL QUEUE=$QUEUE HOME=$HOME MAIL_SERVER=$MAIL_SERVER"
exec sleep 3600
